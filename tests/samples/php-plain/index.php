<?php
$name = $_GET["name"] ?? "world";
echo "Hello, " . htmlspecialchars($name);
