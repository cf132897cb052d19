package io.metering.core
import doobie._
object Store
