def run(): print("ran")
