const Koa = require('koa');

const orders = process.env.ORDERS_URL;
new Koa().use(ctx => (ctx.body = orders)).listen(3000);
