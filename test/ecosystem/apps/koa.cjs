const Koa = require('koa');

const app = new Koa();

app.use(async (ctx, next) => {
  ctx.set('X-Worker', String(process.pid));
  await next();
});
app.use(async (ctx) => {
  if (ctx.path === '/') ctx.body = 'Hello World!';
  if (ctx.path === '/json') ctx.body = { ip: ctx.ip, protocol: ctx.protocol };
  if (ctx.path === '/echo' && ctx.method === 'POST') ctx.body = ctx.req;
});

const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${server.address().port}`);
});
