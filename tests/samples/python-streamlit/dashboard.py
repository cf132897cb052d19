import pandas as pd
import streamlit as st

st.title("Rain")
st.line_chart(pd.read_csv("rain.csv"))
