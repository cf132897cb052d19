import { Worker } from "bullmq";

new Worker("pictures", async (job) => console.log("resized", job.data.name), { connection: { url: process.env.REDIS_URL } });
