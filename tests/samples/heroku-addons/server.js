const Koa = require('koa');
const app = new Koa();
app.use(ctx => { ctx.body = 'survey'; });
app.listen(process.env.PORT || 5006);
