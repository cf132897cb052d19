<?php
$pdo = new PDO('mysql:host=db;dbname=test', 'root', 'root');
echo 'hello';
