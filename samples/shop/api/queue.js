// Orders on their way to the worker: a Redis list, newest at the left.
import { createClient } from 'redis';

const key = 'orders';

/** @param {string} url redis://:password@host:port */
export function createQueue(url) {
  if (!url) throw new Error('REDIS_URL is not set.');
  const client = createClient({ url, socket: { reconnectStrategy: attempts => Math.min(attempts * 100, 3000) } });
  client.on('error', error => console.error(`redis: ${error.message || error.code}`));

  return {
    /** Comes back once Redis answers, however long that takes. */
    connect: () => client.connect(),
    ping: () => client.ping(),
    add: order => client.lPush(key, JSON.stringify(order)),
    length: () => client.lLen(key),
    close: () => client.close(),
  };
}
