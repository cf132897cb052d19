export const GET = () => Response.json({ path: "/api/health", status: "ok" });
