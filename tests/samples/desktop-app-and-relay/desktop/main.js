const { app, BrowserWindow } = require('electron');
