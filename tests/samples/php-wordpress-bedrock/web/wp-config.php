<?php
require_once dirname(__DIR__) . '/vendor/autoload.php';
require_once ABSPATH . 'wp-settings.php';
