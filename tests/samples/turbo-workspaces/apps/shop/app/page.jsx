import { Loaf } from "@bakery/ui";

export default async function Page() {
  const loaves = await fetch(process.env.ORDERS_URL + "/loaves").then((answer) => answer.json());
  return loaves.map((loaf) => <Loaf key={loaf.id} {...loaf} />);
}
