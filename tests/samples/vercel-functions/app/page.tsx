export default function Page() { return <main>Quotes</main>; }
