import 'package:flutter/material.dart';
void main() => runApp(const PantryApp());
class PantryApp extends StatelessWidget { const PantryApp({super.key}); @override Widget build(BuildContext c) => const MaterialApp(); }
