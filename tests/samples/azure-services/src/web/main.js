fetch(import.meta.env.VITE_LENDING_URL + "/loans").then((answer) => answer.json()).then(console.log);
