<?php require 'database.php'; ?>
<h1>Guests</h1>
