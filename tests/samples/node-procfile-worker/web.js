import Fastify from "fastify";
import { Queue } from "bullmq";

const app = Fastify();
const jobs = new Queue("pictures", { connection: { url: process.env.REDIS_URL } });

app.get("/health", () => ({ status: "ok" }));
app.post("/pictures", async (request) => jobs.add("resize", request.body));
app.listen({ host: "0.0.0.0", port: Number(process.env.PORT || 3000) });
