import { createElement } from 'react';

fetch(`${import.meta.env.VITE_API_URL}/crossings`).then(() => createElement('ul'));
