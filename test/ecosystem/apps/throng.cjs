const throng = require('throng');

throng({
  worker: () => require(process.argv[2]),
  count: Number(process.env.WORKERS),
});
