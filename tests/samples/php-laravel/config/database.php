<?php
return ['default' => env('DB_CONNECTION', 'mysql'), 'connections' => ['mysql' => ['url' => env('DB_URL'), 'host' => env('DB_HOST', '127.0.0.1')]]];
