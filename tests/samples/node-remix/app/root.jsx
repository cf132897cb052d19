export default function App() {
  return <html lang="en"><body><h1>Recipes</h1></body></html>;
}
