const { Queue } = require('bullmq');
const mails = new Queue('mails', { connection: { url: process.env.REDIS_URL } });
const app = require('express')();

app.post('/mails', async (request, response) => response.json(await mails.add('mail', {})));
app.listen(3000);
