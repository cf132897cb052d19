const app = require('express')();

app.get('/', async (request, response) => response.json(await (await fetch(`${process.env.API_URL}/notes`)).json()));
app.listen(3000);
