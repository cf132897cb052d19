import streamlit

streamlit.title("Tides")
