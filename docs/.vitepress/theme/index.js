// VitePress' own theme, in the fonts of the reader's system: nothing large is loaded for a page.
import theme from 'vitepress/theme-without-fonts';
import './style.css';

export default theme;
