import 'dart:io';
import 'package:shelf/shelf_io.dart' as io;
import 'package:shelf/shelf.dart';

void main() async {
  final port = int.parse(Platform.environment['PORT'] ?? '8080');
  await io.serve((Request request) => Response.ok('ok'), InternetAddress.anyIPv4, port);
}
