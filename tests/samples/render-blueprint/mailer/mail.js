const Redis = require("ioredis");
new Redis(process.env.REDIS_URL).brpop("mail", 0).then(console.log);
