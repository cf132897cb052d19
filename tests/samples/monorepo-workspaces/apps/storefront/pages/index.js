import { format } from '@shopfront/money';

const catalogue = process.env.CATALOGUE_URL ?? 'http://localhost:4100';

export default function Home() {
  return format(catalogue);
}
