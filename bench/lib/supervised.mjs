// The program of a Supervisor's worker: ../host.mjs, which is worker number BENCH_WORKER.
process.env.BENCH_WORKER = process.env.RONDO_SEAT;
await import('../host.mjs');
