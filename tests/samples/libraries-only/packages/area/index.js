exports.circle = (radius) => Math.PI * radius ** 2;
