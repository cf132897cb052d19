const express = require("express");
const hen = process.env.HEN_URL;
express().get("/health", (request, response) => response.send(hen)).listen(3002);
