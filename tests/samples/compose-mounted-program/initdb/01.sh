#!/bin/sh
mysql -e 'create database test'
