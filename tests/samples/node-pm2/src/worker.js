const { Worker } = require('bullmq');

new Worker('mails', async (job) => console.log(job.id), { connection: { url: process.env.REDIS_URL } });
