module.exports = {
  apps: [
    { name: 'web', script: './src/server.js', instances: 2 },
    { name: 'worker', script: './src/worker.js' },
  ],
};
