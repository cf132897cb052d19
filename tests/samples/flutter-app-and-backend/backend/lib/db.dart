import 'dart:io';
import 'package:mongo_dart/mongo_dart.dart';
final db = Db(Platform.environment['MONGO_URL'] ?? 'mongodb://localhost:27017/pantry');
