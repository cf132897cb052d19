const express = require("express");
express().get("/", (request, response) => response.send(process.env.ROOMS_ADDR)).listen(process.env.PORT);
