console.log("label");
