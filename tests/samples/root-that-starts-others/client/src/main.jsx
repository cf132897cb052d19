fetch('/api/recipes').then((answer) => answer.json());
