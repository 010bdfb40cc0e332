const express = require('express');

const app = express();

app.use((_request, response, next) => {
  response.set('X-Worker', process.pid);
  next();
});
app.get('/', (_request, response) => {
  response.send('Hello World!');
});
app.get('/json', (request, response) => {
  response.json({ ip: request.ip, protocol: request.protocol });
});
app.post('/echo', express.json(), (request, response) => {
  response.json(request.body);
});

const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`${process.pid} listening on ${server.address().port}`);
});
