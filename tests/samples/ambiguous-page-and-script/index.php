<?php echo date("H:i");
