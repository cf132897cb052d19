export default async function Page() {
  const answer = await fetch(`${process.env.CATALOGUE_URL || "http://localhost:8000"}/books`);
  return <pre>{await answer.text()}</pre>;
}
