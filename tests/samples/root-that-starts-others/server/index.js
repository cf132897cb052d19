const express = require('express');
const app = express();
app.get('/api/recipes', (request, response) => response.json([{ name: 'bread' }]));
app.listen(process.env.PORT || 5050);
