package controllers

class Home
