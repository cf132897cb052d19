const { circle } = require("@shapes/area");

exports.cylinder = (radius, height) => circle(radius) * height;
