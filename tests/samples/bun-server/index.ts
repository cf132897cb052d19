const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  fetch: () => new Response(new Date().toISOString()),
});
console.log(`listening on ${server.port}`);
