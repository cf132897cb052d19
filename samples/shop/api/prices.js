// Asks the prices service. A shop without prices still shows its shelf.
const url = process.env.PRICES_URL ?? 'http://localhost:8000';

/** @returns {Promise<{currency: string, prices: Record<string, {cents: number, insteadOf: number | null}>} | null>} null when nobody answers */
export async function readPrices() {
  try {
    const response = await fetch(`${url}/prices`, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.json();
  } catch (error) {
    console.error(`prices: ${error.cause?.message ?? error.message}`);
    return null;
  }
}
