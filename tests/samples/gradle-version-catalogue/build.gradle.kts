plugins { alias(libs.plugins.kotlin.jvm) apply false }
allprojects { group = "io.logsearch"; version = "0.4.0" }
