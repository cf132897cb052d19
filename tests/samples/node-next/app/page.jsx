export default async function Page() {
  const prices = await fetch(`${process.env.PRICES_URL}/today`).then((answer) => answer.json());
  return <ul>{prices.map((price) => <li key={price.id}>{price.name}</li>)}</ul>;
}
