const express = require("express");
const egg = process.env.EGG_URL;
express().get("/health", (request, response) => response.send(egg)).listen(3001);
