#!/usr/bin/env node
// CommonJS, because loading an ES module starts Node's thread pool, and its size is fixed from then on. With the usual
// four threads, four uploads that wait for the disk make every download wait behind them (8 pushes of 50 MiB: a read of
// 64 KiB takes 40 ms with 4 threads, 0.3 ms with 16).
process.env.UV_THREADPOOL_SIZE ??= '16'
void import('./launch.mjs')
