from flask import Flask
app = Flask(__name__)
@app.route("/api/quote")
def quote(): return {"text": "hi"}
