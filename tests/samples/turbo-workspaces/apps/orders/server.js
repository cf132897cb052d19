const express = require("express");
const mongoose = require("mongoose");

mongoose.connect(process.env.MONGODB_URI || "mongodb://localhost:27017/bakery");
const app = express();
app.get("/healthz", (request, response) => response.send("ok"));
app.get("/loaves", async (request, response) => response.json(await mongoose.connection.collection("loaves").find().toArray()));
app.listen(4100);
