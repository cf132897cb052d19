const express = require("express");
express().get("/health", (request, response) => response.send("ok")).listen(6001);
